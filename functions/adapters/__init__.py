"""The domain's ports, filled: DynamoDB, device shadows and SQS, and the same in memory for tests and simulation."""
