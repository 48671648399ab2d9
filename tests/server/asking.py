"""A browser or program that asks an application directly, without a network: Starlette's, on httpx."""

import warnings

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # Starlette would rather have the successor of httpx
    from starlette.testclient import TestClient

__all__ = ["TestClient"]
