"""Mail in and out: raw first, then tickets; answers owed, then sent."""
