"""What the tests that drive a running server share."""
