"""What is kept. `base` says what any store can do, `line` decides what a batch does; each engine has a file of its own."""
