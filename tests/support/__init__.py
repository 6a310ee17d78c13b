"""What the tests share; nothing here is part of the product."""
