"""What happens after promotion: the log of predictions and what people say of them."""
