"""The pages of a board: one module for each subject, requests in, HTML out."""
