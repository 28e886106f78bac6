"""What the bench and the gates measure: each module returns numbers, and asserts nothing."""
