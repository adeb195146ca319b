"""What a load gives: one record, its terminal, JSON and HTML forms; the user class for Locust."""
