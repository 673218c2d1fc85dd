"""Pages of filings: HTTP in, a use case, HTTP out."""
