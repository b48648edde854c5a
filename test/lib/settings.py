"""The keys of ceralacca.yaml that tests set, in one place."""


def dns(port):
    """The name server of the test answers for test. and example., as unsigned zones; nothing else is asked of anybody else."""
    server = f"127.0.0.1@{port}"
    return {"resolver": {"forward": [server], "stub": [f"test={server}", f"example={server}"], "timeout": 3}}


def relay(port, **more):
    """Mail leaves to `port` instead of 25. The test's hosts live on loopback, which is otherwise never delivered to."""
    return {"relay": {"port": port, "allow_loopback": True, "retry_first": 1, "retry_most": 2, **more}}


ALL_SERVICES = {"server": {"services": ["smtp", "submission", "submissions", "lmtp", "imap", "imaps", "http", "https"]}}
