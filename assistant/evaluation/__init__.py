"""Measuring: question sets in, figures with their uncertainty and readable reports out."""
