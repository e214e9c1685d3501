"""Clients of GitHub's, GitLab's and Gitea's APIs, behind one port."""
