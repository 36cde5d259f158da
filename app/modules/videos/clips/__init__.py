"""Short clips from long videos: transcripts, moments, and what becomes of them."""
