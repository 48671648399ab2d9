"""From stored counts to those of one chart: one query a chart, counts added, no percentage averaged."""
