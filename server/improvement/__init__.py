"""From a concern to its effect: what is done about what patients say, by whom, until when, and whether it helped."""
