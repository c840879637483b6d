// cAdvisor as a program, made from its published module: the housekeeping interval is the first
// argument, the address the second. Built by against_cadvisor.py, and for nothing else.
package main

import (
	"flag"
	"log"
	"net/http"
	"os"
	"time"

	"github.com/google/cadvisor/cache/memory"
	"github.com/google/cadvisor/container"
	_ "github.com/google/cadvisor/container/docker/install"
	v2 "github.com/google/cadvisor/info/v2"
	"github.com/google/cadvisor/manager"
	"github.com/google/cadvisor/metrics"
	"github.com/google/cadvisor/utils/sysfs"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"k8s.io/utils/clock"
)

func must[T any](value T, err error) T {
	if err != nil {
		log.Fatal(err)
	}
	return value
}

func main() {
	interval := must(time.ParseDuration(os.Args[1]))
	address := os.Args[2]
	must(0, flag.CommandLine.Parse(nil))
	// What fournines shows by default.
	kinds := container.MetricSet{
		container.CpuUsageMetrics: {}, container.MemoryUsageMetrics: {}, container.DiskIOMetrics: {},
		container.NetworkUsageMetrics: {}, container.ProcessMetrics: {}, container.OOMMetrics: {},
		container.PressureMetrics: {},
	}
	dynamic := true
	everything := manager.HousekeepingConfig{Interval: &interval, AllowDynamic: &dynamic}
	store := memory.New(2*time.Minute, nil)
	// As its own flags are by default: groups of every path, no environment.
	groups, environment := []string{""}, []string{""}
	m := must(manager.New(
		store, sysfs.NewRealSysFs(), everything, kinds, http.DefaultClient, groups, environment, "", 0))
	must(0, m.Start())

	registry := prometheus.NewRegistry()
	options := v2.RequestOptions{IdType: v2.TypeName, Count: 1, Recursive: true}
	registry.MustRegister(
		metrics.NewPrometheusCollector(m, metrics.DefaultContainerLabels, kinds, clock.RealClock{}, options),
		metrics.NewPrometheusMachineCollector(m, kinds),
	)
	http.Handle("/metrics", promhttp.HandlerFor(registry, promhttp.HandlerOpts{}))
	log.Fatal(http.ListenAndServe(address, nil))
}
