"""What happens to the bytes of decks, images, audio, subtitles and fonts that users upload."""
