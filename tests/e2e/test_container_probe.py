"""A probe of a container, as docker really runs, hurts, stops and removes it; one there never was is down as well."""

import unittest

from engines import OnDocker
from judged import Judge


class ContainerProbe(OnDocker):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.docker.run("web", "sh", "-c", "touch /ok; exec sleep 100000",
                       options=["--health-cmd=test -e /ok", "--health-interval=200ms", "--health-retries=1"])
        slos = [{"name": name, "objective": 99, "merge_gap": "0s", "sli": {"probe": {"container": name, "interval": "500ms"}}}
                for name in ("web", "none")]
        cls.judge = cls.keep(Judge(cls.folder, slos, launcher=cls.machine.launcher))

    def wait_for(self, name, state, reason):
        def met():
            (last,) = [row["last"] for row in self.judge.api("probes")["probes"] if row["probe"] == name]
            (slo,) = [slo for slo in self.judge.api("slos")["slos"] if slo["slo"] == name]
            if not last or slo["state"] != state:
                return False
            phase = "" if state == "up" else "content"
            return (last["phase"], last["cause"], last["reason"]) == (phase, "", reason)

        self.judge.wait_until(met, f"{name} is {state}: {reason}")

    def test_it_is_good_while_it_runs_and_is_not_unhealthy(self):
        self.wait_for("web", "up", "")
        self.wait_for("none", "down", "none: there is no such container")
        self.docker.execute("web", "rm", "/ok")
        self.wait_for("web", "down", "web: is unhealthy")
        self.docker.execute("web", "touch", "/ok")
        self.wait_for("web", "up", "")
        self.docker.docker("kill", "web")
        self.wait_for("web", "down", "web: is exited")
        self.docker.docker("start", "web")
        self.wait_for("web", "up", "")
        self.docker.docker("rm", "--force", "web")
        self.wait_for("web", "down", "web: there is no such container")
        self.assertEqual(len(self.judge.incidents("web")), 3)


if __name__ == "__main__":
    unittest.main()
