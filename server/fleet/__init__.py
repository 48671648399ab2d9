"""The fleet: organisations, teams, devices and their keys, placements, questionnaires, broker accounts."""
