"""What weight decay makes of a two-layer ReLU network of one input (Savarese et al.)."""
