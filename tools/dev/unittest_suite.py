"""Runs unittest files, writes "passed failed skipped" to a file and what failed to one of that name with
".failed" behind it.

usage: unittest_suite.py COUNTS FILE...
A test counts once, however many of its subtests fail; a failing setUpClass counts as one failure.
"""

import importlib.util
import os
import sys
import unittest


class CountingResult(unittest.TextTestResult):
    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.failed_ids = set()
        self.passed = 0

    def addSuccess(self, test):
        super().addSuccess(test)
        self.passed += 1

    def addFailure(self, test, err):
        super().addFailure(test, err)
        self.failed_ids.add(test.id())

    def addError(self, test, err):
        super().addError(test, err)
        self.failed_ids.add(test.id())

    def addSubTest(self, test, subtest, err):
        super().addSubTest(test, subtest, err)
        if err is not None:
            self.failed_ids.add(test.id())

    def addUnexpectedSuccess(self, test):
        super().addUnexpectedSuccess(test)
        self.failed_ids.add(test.id())


def load(path):
    """The tests of one file, importable beside its own helpers."""
    folder = os.path.dirname(os.path.abspath(path))
    if folder not in sys.path:
        sys.path.insert(0, folder)
    name = os.path.splitext(os.path.basename(path))[0]
    spec = importlib.util.spec_from_file_location(name, path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return unittest.defaultTestLoader.loadTestsFromModule(module)


def write_failures(path, result, files):
    with open(path, "w", encoding="utf-8") as out:
        print(*files, file=out)
        for test, trace in result.failures + result.errors:
            print(test, trace, sep="\n", file=out)
        for test in result.unexpectedSuccesses:
            print(test, "was expected to fail", file=out)


def main(counts_path, files):
    suite = unittest.TestSuite(load(path) for path in files)
    runner = unittest.TextTestRunner(
        stream=sys.stdout, verbosity=2, resultclass=CountingResult
    )
    result = runner.run(suite)
    failed = len(result.failed_ids)
    if result.testsRun == 0 and failed == 0:
        print("no tests in", *files)
        failed = 1
    with open(counts_path, "w", encoding="utf-8") as out:
        print(result.passed, failed, len(result.skipped), file=out)
    if failed:
        write_failures(counts_path + ".failed", result, files)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2:]))
