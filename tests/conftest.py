"""What every test may ask for."""

pytest_plugins = ["plugins.endpoints", "plugins.fake_msk", "plugins.temporal"]
