"""The address at which accounting software sends invoices, under ``/api/v1``."""
