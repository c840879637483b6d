"""The tools of the other tests are tested first: a parser that accepts anything would prove nothing."""

import exposition
from harness import EndToEnd, amtool, get, wait_for


class Exposition(EndToEnd):
    def test_a_page_is_read_into_families_types_labels_and_values(self):
        page = '# HELP a_total Words.\n# TYPE a_total counter\na_total{x="1\\"\\\\\\n",y=""} 2e3\nb 4\n'
        families = exposition.parse(page)
        self.assertEqual(families["a_total"].type, "counter")
        self.assertEqual(families["a_total"].value(x='1"\\\n'), 2000)
        self.assertEqual(families["b"].type, "untyped")

    def test_what_the_format_forbids_is_refused(self):
        for page in (
            "a 1",
            "a\n",
            "a x\n",
            'a{x="1} 1\n',
            'a{x="1"y="2"} 1\n',
            'a{x="1",x="2"} 1\n',
            'a{x="\\t"} 1\n',
            "a 1\na 1\n",
            "a 1\nb 1\na 2\n",
            "# TYPE a thing\na 1\n",
            "1a 1\n",
        ):
            with self.subTest(page=page), self.assertRaises(ValueError):
                exposition.parse(page)


class Servers(EndToEnd):
    def test_an_alert_put_into_alertmanager_arrives_at_the_webhook(self):
        receiver = self.start_webhook_receiver()
        alertmanager = self.start_alertmanager(receiver.url)
        added = amtool(alertmanager, "alert", "add", "SomethingDown", "severity=critical")
        self.assertEqual(added.returncode, 0, added.stderr)
        wait_for(lambda: receiver.notifications, 20, "a notification")
        alert = receiver.notifications[0]["alerts"][0]
        self.assertEqual(alert["labels"], {"alertname": "SomethingDown", "severity": "critical"})

    def test_nginx_serves_its_block(self):
        nginx = self.start_nginx("return 418;")
        self.assertEqual(get(nginx.url).status, 418)

    def test_prometheus_scrapes_node_exporter(self):
        node_exporter = self.start_node_exporter("--collector.disable-defaults", "--collector.loadavg")
        prometheus = self.start_prometheus({"node": node_exporter.url.removeprefix("http://")})
        wait_for(lambda: prometheus.query('up{job="node"} == 1'), 20, "up is 1")
