"""A terminal of pure Python that shows pictures as pixels: kitty graphics, sixel and iTerm2's inline images."""
