"""Set up the pip environment in `.hearth/`, once, and find out fast that nothing is to be done."""
