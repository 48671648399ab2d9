"""From any figure back to the signed bytes: rebuild, retention, flags, corrections, and the auditor's export."""
