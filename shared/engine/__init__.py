"""The loop: observe, desired, plan, prove, apply, verify, over a port."""
