"""Maps from parameters to the predictor."""
