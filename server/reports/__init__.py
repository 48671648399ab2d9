"""Reports that stand once they are issued, the weekly digest, and the work that is due by itself."""
