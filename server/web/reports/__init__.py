"""The pages of reports: made, issued, read, and sent; and the one that ends a subscription."""
