"""Load: many exams a second, each a conversation of its own, all of it followed and judged."""
