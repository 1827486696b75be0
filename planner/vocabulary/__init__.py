"""What several kinds say alike and lower alike: health checks, load balancers, security groups, task definitions."""
