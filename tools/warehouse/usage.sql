-- Each event once: a message may be delivered, and an event sent, more than once.
CREATE VIEW `usage.usage_once` AS
SELECT * FROM (
  SELECT *, ROW_NUMBER() OVER (PARTITION BY tenant_id, identity ORDER BY recorded_at) AS delivery
  FROM `usage.usage_events`
)
WHERE delivery = 1
