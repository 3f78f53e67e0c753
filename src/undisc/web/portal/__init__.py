"""The pages of patients and of those who act for them: their scans, whom they showed them to, who looked."""
