"""The keys of ceralacca.yaml that tests set, in one place."""


def forward_dns(port):
    """Every question goes to the name server of the test."""
    return {"resolver": {"forward": [f"127.0.0.1@{port}"]}}


def relay(port, **more):
    """Mail leaves to `port` instead of 25. The test's hosts live on loopback, which is otherwise never delivered to."""
    return {"relay": {"port": port, "allow_loopback": True, **more}}


def timeouts(**seconds):
    return {"timeouts": seconds}


def limits(**values):
    return {"limits": values}
