"""From stored counts to those of one chart: one query a chart; counts are added, percentages never averaged."""
