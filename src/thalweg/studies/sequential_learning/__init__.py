"""Two layers learn components one after another: closed forms, staircases, and gradient descent with finite steps."""
