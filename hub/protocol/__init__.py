"""The joint protocol as values: the steps that members take about an incident. Pure."""
