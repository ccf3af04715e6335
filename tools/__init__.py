"""What makes parts of this repository: catalogues of messages, screenshots."""
