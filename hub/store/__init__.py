"""What the hub keeps. `base` says what any store can do, `line` decides what a batch does; each engine has its own folder."""
