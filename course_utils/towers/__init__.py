"""What several topics see pictures with: patches, windows, a frozen grid, proposed regions."""
