"""What CKAN's reading API is made of: its arguments, its actions, and its answers, of what the service has."""
