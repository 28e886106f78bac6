"""Objects, surfaces and doors from colour and depth images."""
