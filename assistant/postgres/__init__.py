"""The shared engine: one PostgreSQL database for many processes and many organisations."""
