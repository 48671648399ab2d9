"""The pages of figures: the overview, and one for each service, team, device, question and objective; the league."""
