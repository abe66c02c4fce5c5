"""The calls page in real Chromium: its filters, new calls, and trying many again."""
