"""What the tests of the module stand on."""
