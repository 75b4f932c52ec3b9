lower(n."name") = lower('Maria')
(strpos(lower(n."name"), lower(E'O''Brien\\')) > 0) IS NOT TRUE
n."stage" IN ('sent', 'won')
n."amount" > 100
(n."sent_at" >= ('2026-03-29'::date::timestamp AT TIME ZONE 'Europe/Athens') AND n."sent_at" < (('2026-03-29'::date + 1)::timestamp AT TIME ZONE 'Europe/Athens'))
n."due" < ((now() AT TIME ZONE 'Europe/Athens')::date + (-30))
(SELECT (SELECT _2."email" FROM "whereupon"."users" _2 WHERE _2."id" = _1."manager") FROM "data"."accounts" _1 WHERE _1."id" = n."account") <> ''
(round((n."amount" * 1.24), 2)::numeric) >= (SELECT _1."credit" FROM "data"."accounts" _1 WHERE _1."id" = n."account")
(c.op <> 'D' AND n."stage" = 'sent' AND (o."stage" = 'sent') IS NOT TRUE)
(c.op <> 'D' AND o."amount" IS DISTINCT FROM n."amount")
(n."accepted" = true AND (n."tags" @> ARRAY['new']::text[] OR (starts_with(lower(n."name"), 'x')) IS NOT TRUE))
(SELECT bool_and((_1."done" = true) IS TRUE) FROM "data"."tasks" _1 WHERE _1."quote" = n."id")
(SELECT coalesce(sum(_1."price"), 0) FROM "data"."quote_lines" _1 WHERE _1."parent" = n."id") >= 10
round((n."amount" * 1.24), 2)
(CASE WHEN ((n."amount" > 100) IS TRUE) THEN 'A' ELSE 'B' END)
whereupon.formula_add_days((now() AT TIME ZONE 'Europe/Athens')::date, 3::numeric)
(SELECT coalesce(sum((_1."price" * _1."pieces"::numeric)), 0) FROM "data"."quote_lines" _1 WHERE _1."parent" = n."id")
