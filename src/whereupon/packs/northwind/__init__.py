"""Northwind: a trading firm's database that was here before us, attached and never altered."""
