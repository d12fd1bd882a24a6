"""Pure rules of relief: what may happen to an application, a budget, a payment run and a payment."""
