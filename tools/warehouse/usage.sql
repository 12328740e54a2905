-- Each event once, as it stands: a message may come more than once, and a corrected event is sent again.
CREATE VIEW `usage.usage_once` AS
SELECT * FROM (
  SELECT *, ROW_NUMBER() OVER (PARTITION BY tenant_id, identity ORDER BY recorded_at DESC) AS delivery
  FROM `usage.usage_events`
)
WHERE delivery = 1
