"""What members do with each other: who they are, what they may see and say, the way in and the way out."""
