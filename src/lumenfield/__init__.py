"""Vessel walls from MRI magnitude scans, as signed distance fields with an error bar."""
